"""The tests of labelwidget."""
