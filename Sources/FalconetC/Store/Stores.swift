// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetMachine
import FalconetOracle
import FalconetStore

// Sets stores of machines and traces; shows, fills, checks, exports and reduces stores.

@c @implementation
public func falconet_machine_set_preimage_store(
  _ machine: OpaquePointer?, _ path: UnsafePointer<CChar>?,
  _ options: UnsafePointer<falconet_store_options>?
) -> falconet_status {
  call { () throws(CallError) in
    try MachineHandle.use(machine) { (machine) throws(CallError) in
      try machine.setStore(StoreSetting.usable(path, options))
    }
  }
}

@c @implementation
public func falconet_trace_set_preimage_store(
  _ trace: OpaquePointer?, _ path: UnsafePointer<CChar>?,
  _ options: UnsafePointer<falconet_store_options>?
) -> falconet_status {
  call { () throws(CallError) in
    try TraceHandle.use(trace) { (trace) throws(CallError) in
      trace.setStore(try StoreSetting.usable(path, options))
    }
  }
}

@c @implementation
public func falconet_store_status(
  _ path: UnsafePointer<CChar>?, _ part: falconet_store_part_fn?,
  _ context: UnsafeMutableRawPointer?, _ info: UnsafeMutablePointer<falconet_store_info>?
) -> falconet_status {
  call { () throws(CallError) in
    let store = try StoreSetting(path).open()
    let status: StoreStatus
    do throws(StoreError) { status = try store.status() } catch { throw CallError(error) }
    info?.pointee = falconet_store_info(
      count: UInt64(status.count), bytes: status.bytes, file_bytes: status.fileBytes,
      oldest_use: status.oldestUse ?? 0, newest_use: status.newestUse ?? 0)
    guard let part else { return }
    let texts = Texts()
    for item in status.parts {
      var result = falconet_store_part(
        type: item.type, host: texts.add(item.giver?.readableFileName),
        count: UInt64(item.count), bytes: item.bytes)
      part(context, &result)
    }
  }
}

@c @implementation
public func falconet_store_import(
  _ path: UnsafePointer<CChar>?, _ directory: UnsafePointer<CChar>?,
  _ options: UnsafePointer<falconet_store_options>?,
  _ result: UnsafeMutablePointer<falconet_store_import_result>?
) -> falconet_status {
  call { () throws(CallError) in
    let setting = try StoreSetting(path, options)
    let directory = try Argument.fileName(directory, "directory")
    let store = try setting.open(makes: true)
    let found: StoreImport
    do throws(PreimageError) { found = try store.importDirectory(directory) } catch {
      throw CallError(error)
    }
    result?.pointee = falconet_store_import_result(
      added: UInt64(found.added), known: UInt64(found.known), left_out: UInt64(found.notStored),
      wrong: UInt64(found.wrong.count), unreadable: UInt64(found.unreadable.count))
    for fault in found.wrong + found.unreadable { setting.tell(fault) }
  }
}

@c @implementation
public func falconet_store_export(
  _ path: UnsafePointer<CChar>?, _ directory: UnsafePointer<CChar>?,
  _ host: UnsafePointer<CChar>?, _ count: UnsafeMutablePointer<UInt64>?
) -> falconet_status {
  call { () throws(CallError) in
    var options = falconet_store_options()
    options.host = host
    let directory = try Argument.fileName(directory, "directory")
    let store = try withUnsafePointer(to: options) { (options) throws(CallError) in
      try StoreSetting(path, options)
    }.open()
    do throws(StoreError) {
      let written = try store.export(to: directory)
      count?.pointee = UInt64(written)
    } catch { throw CallError(error) }
  }
}

@c @implementation
public func falconet_store_check(
  _ path: UnsafePointer<CChar>?, _ removed: falconet_report_fn?,
  _ context: UnsafeMutableRawPointer?, _ right: UnsafeMutablePointer<UInt64>?
) -> falconet_status {
  call { () throws(CallError) in
    let store = try StoreSetting(path).open()
    let result: StoreCheck
    do throws(StoreError) { result = try store.check() } catch { throw CallError(error) }
    right?.pointee = UInt64(result.right)
    for key in result.removed { removed?(context, key) }
  }
}

@c @implementation
public func falconet_store_prune(
  _ path: UnsafePointer<CChar>?, _ limit: UInt64
) -> falconet_status {
  call { () throws(CallError) in
    let store = try StoreSetting(path).open()
    do throws(StoreError) { try store.prune(to: limit) } catch { throw CallError(error) }
  }
}
