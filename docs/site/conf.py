"""The configuration of Sphinx for the site; `python -m tools.site` copies it into the source."""

project = "Muster"
author = "The Muster authors"
html_title = "Muster"
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence"]
myst_disable_syntax = ["footnote_ref", "footnote_inline"]
myst_heading_anchors = 4
# Fences without a language are output, not Python.
highlight_language = "none"
html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_logo = html_favicon = "images/logo.svg"
html_show_sphinx = False
html_copy_source = False
html_show_copyright = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
