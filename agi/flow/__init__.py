"""The flow: what a caller goes through, as a document that can be read, checked and run."""
