"""Puts a musterd under mixed load for a while, and checks that it stays correct and the same size.

Sixteen connections sign, load, tag, remove and list images. Each has images of its own, so it knows
what every answer must be. After a while hostile clients send malformed requests, load archives that
ask for a great deal of work, leave halfway, or guess keys. In the end the server must have answered
everything correctly, logged nothing, ended cleanly, grown no more than it does anyway, and kept no
honest client waiting much longer than before the hostile ones came.
"""
