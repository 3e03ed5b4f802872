"""Pure folds over a session's events: no clock, no files, no SDK."""
