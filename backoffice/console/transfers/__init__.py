"""The transfer pages: the list, one transfer with everything known of it, and the form that makes one."""
