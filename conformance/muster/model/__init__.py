"""Requests, responses, images, and what a listing implies for a query; all of it is pure."""
