"""The pages that Streamlit finds by their names, and what they share in `ui`."""
