"""`tillfree palm`: palms at the command line."""
