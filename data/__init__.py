"""The data: what is embedded in the project, and the script that makes it from the course's file."""
