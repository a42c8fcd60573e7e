"""The reviewed knowledge base: its shape, its checks, and how it is looked up."""
