"""The glossary: which words of a page are terms, what they mean, and the marks that say so."""
