"""What browsers are served: the console's pages, the live feed, and the API behind one guarded table of routes."""
