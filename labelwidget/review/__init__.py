"""One reviewer's work on one session: queue, answers, progress, undo. No widget, no pandas."""

from labelwidget.review.looking import Opened
from labelwidget.review.queue import Queue
from labelwidget.review.review import Review
from labelwidget.review.reviewer import default_reviewer

__all__ = ["Opened", "Queue", "Review", "default_reviewer"]
