"""Agents that answer while a reviewer watches: Python functions and OpenAI-compatible servers, called within bounds."""
