// The functions of falconet.h whose names begin with falconet_trace_.
