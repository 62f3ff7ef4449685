"""How fast musterd answers, beside other servers with the same bytes or images."""
