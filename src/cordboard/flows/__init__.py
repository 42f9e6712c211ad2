"""A company's menus tried, explored, tested, judged and drawn before a caller hears them; and counted after."""
