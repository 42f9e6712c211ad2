"""One file a script; the name in the dialplan is the file's name."""
