/// Memory for bytes that are written anew for each row. Confined to its lane.
final class ByteScratch {
  private var memory = UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)

  deinit { memory.deallocate() }

  /// Room for `count` bytes and maybe more. What was there before is gone.
  func room(for count: Int) -> UnsafeMutableBufferPointer<UInt8> {
    if memory.count < count {
      memory.deallocate()
      memory = .allocate(capacity: count + count / 2)
    }
    return memory
  }

  /// Copies the bytes, which stay until the next ones come.
  func hold(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    let room = room(for: bytes.count)
    _ = room.update(from: bytes)
    return UnsafeBufferPointer(rebasing: room[..<bytes.count])
  }

  func hold(_ bytes: [UInt8]) -> UnsafeBufferPointer<UInt8> { bytes.withUnsafeBufferPointer { hold($0) } }
}
