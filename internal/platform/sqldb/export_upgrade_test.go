package sqldb

// Upgrade lets tests bring migrations of their own.
var Upgrade = (*DB).upgrade
