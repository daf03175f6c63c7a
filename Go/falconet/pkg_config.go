//go:build !falconet_no_pkg_config

package falconet

// #cgo pkg-config: falconet
import "C"
