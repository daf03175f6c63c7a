import FalconetLibc
import SystemPackage

/// What was tried when a system call failed; it chooses the words of the message.
package enum FileOperation {
  case read
  case write
  /// Making a new file in a folder.
  case create
  /// Making the written file durable and giving it its name.
  case commit
}

extension StreamError {
  /// The error of a failed system call on `path`.
  package init(
    _ errno: Errno, _ operation: FileOperation, path: String, offset: UInt64? = nil
  ) {
    let verb =
      switch operation {
      case .read: "read"
      case .write: "written"
      case .create: "created"
      case .commit: "put in place"
      }
    let folder = FilePath(fileName: path).removingLastComponent().fileName
    let place = folder.isEmpty ? "the current directory" : folder
    self.init(.system(errno: errno.rawValue), path: path, offset: offset, message: "")

    switch errno {
    case .noSuchFileOrDirectory where operation == .read:
      kind = .notFound
      message = "no such file"
      remedy = "check the path"
    case .noSuchFileOrDirectory:
      kind = .notFound
      message = "its directory does not exist"
      remedy = "create \(place) first"
    case .notDirectory:
      kind = .notFound
      message = "a part of the path is not a directory"
      remedy = "check the path"
    case .permissionDenied, .notPermitted:
      kind = .permission
      message = "may not be \(verb)"
      remedy =
        operation == .read || operation == .write
        ? "check the owner and the permissions of the file"
        : "check the owner and the permissions of \(place)"
    case .readOnlyFileSystem:
      kind = .readOnly
      message = "cannot be \(verb): the file system is read-only"
      remedy = "choose a directory that can be written"
    case .noSpace, .diskQuotaExceeded:
      kind = .noSpace
      message = errno == .noSpace ? "no space left on the device" : "the disk quota is used up"
      remedy = "free some space or choose another directory"
    case .isDirectory:
      kind = .isDirectory
      message = "is a directory, not a file"
      remedy = "name a file in it"
    case .brokenPipe:
      kind = .brokenPipe
      message = "the reader of the output is gone"
      remedy = "run the command that reads it to its end"
    case .fileNameTooLong:
      message = "the name is too long"
      remedy = "choose a shorter one"
    case .tooManyOpenFiles, .tooManyOpenFilesInSystem:
      message = "too many files are open"
      remedy = "raise the limit of open files (ulimit -n)"
    case .fileTooLarge:
      message = "the file is larger than the file system or the user's limit allows"
      remedy = "raise the limit (ulimit -f) or choose another file system"
    default:
      message = "cannot be \(verb): \(errno.description)"
    }
  }
}
