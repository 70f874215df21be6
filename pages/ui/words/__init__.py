"""The words of the interface, one table a part of the app; :mod:`pages.ui.strings` joins them."""
