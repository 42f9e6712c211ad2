"""VoiceXML 2.1: read into menus and steps of a company file, with all that is not understood; and written."""
