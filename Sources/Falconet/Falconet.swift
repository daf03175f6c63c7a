internal import FalconetMachine

/// The version of this library, such as `0.1.0`.
public let libraryVersion = Release.version
