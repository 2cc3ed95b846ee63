"""One module or package a page, named for the task it serves."""
