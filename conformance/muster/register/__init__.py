"""The requirements, and what an outcome means at the level of one."""
