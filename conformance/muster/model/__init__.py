"""Pure values and functions: requests, responses, images, and the correct answers to a query."""
