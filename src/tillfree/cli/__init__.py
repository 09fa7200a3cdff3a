"""The `tillfree` command."""
