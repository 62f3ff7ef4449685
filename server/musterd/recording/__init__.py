"""Records of requests, and their problems according to the contract."""
