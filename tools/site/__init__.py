"""Build the site: guides, the contract of every version, and a page for every requirement.

Usage: python -m tools.site [OUTPUT]

`source` writes the Markdown files of the site into a folder, and Sphinx makes the pages of them.
`docs/site` has what is the site's alone: its first page, its configuration and its style.
"""
