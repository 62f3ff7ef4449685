"""The requirements, and the verdicts that outcomes have at their levels."""
