"""An Asterisk that runs already, read into a company file, with everything that was not understood."""
