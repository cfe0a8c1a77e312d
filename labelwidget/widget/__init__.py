"""The widget: traits, the message channel, and the built bundle in `static/`. Rules live in `review`."""
