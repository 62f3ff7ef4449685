"""The conformance suite for List Images (`GET /images/json`) of the Hyper / Docker remote API."""
