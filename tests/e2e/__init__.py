"""What a person does with labelwidget, in a real JupyterLab in a real browser."""
