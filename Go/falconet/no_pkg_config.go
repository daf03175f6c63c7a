//go:build falconet_no_pkg_config

package falconet

// #cgo LDFLAGS: -lfalconet
import "C"
