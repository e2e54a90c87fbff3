"""The material of key pairs: made, read and written here, with cryptography, which is for those alone who need it."""
