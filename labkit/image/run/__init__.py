"""Running the handler of an image: its files, its process, Lambda's Runtime API."""
