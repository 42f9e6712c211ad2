"""The migrations of the database, in the package so that an installed Cordboard carries them."""
