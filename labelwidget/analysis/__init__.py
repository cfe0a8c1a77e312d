"""What labels say: which traces to look at next, agreement, and how judges compare with people."""
