// What makes programs and states is a target of its own, since vectors are made of it.
@_exported import FalconetVectors
