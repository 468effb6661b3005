/// A value that stands once on the heap, however many hold it. Passes hold what was observed, and each other: without this every one of
/// them carries kilobytes inline, and the program the code that copies them.
@propertyWrapper
struct Shared<Value: Sendable>: Sendable {
  private final class Storage: Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
  }

  private let storage: Storage

  init(wrappedValue: Value) { storage = Storage(wrappedValue) }

  var wrappedValue: Value { storage.value }
}
