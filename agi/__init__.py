"""The call wire: one caller, one task. Bytes of AGI in, what a script may do to its call out."""
