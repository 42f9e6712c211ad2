"""Makes every object and hands it over: nothing else in Cordboard knows all the rooms."""
