"""What the pages share. The only place besides the pages themselves that imports streamlit."""
