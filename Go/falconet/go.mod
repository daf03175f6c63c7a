module github.com/falconet-vm/falconet/Go/falconet

go 1.19
