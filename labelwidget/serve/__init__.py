"""The review site: `labelwidget serve` lets experts label in a browser what is assigned to them.

```
settings.py    how the site is run, checked before it is
visitors.py    who comes: by link, token, password, or a proxy's word; and what of the store they may open
messages.py    which messages of a page reach its kernel
site.py        the web server: Voila with a door of its own
kernel.py      runs in each kernel: waits for a visitor, shows their widget, and takes no code
```
"""
