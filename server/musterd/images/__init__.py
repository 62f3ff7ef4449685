"""Images, references and dates: values that know nothing of the API."""
