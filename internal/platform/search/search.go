// Package search makes the words by which things are found, in every script, for both engines' full-text indexes.
package search

// SortKey is filled in below.
func SortKey(s string) string { return s }
