module rollup

go 1.24
