/// Why rows were lost: the values of the label `reason`.
package enum LogLoss: String, Sendable, CaseIterable {
  case bufferFull = "buffer_full"
  case spillFull = "spill_full"
  case spillFailed = "spill_failed"
  /// By the store, or because a number of the row is none.
  case refused
  case damaged
  /// The row came after the log had ended.
  case closed = "shutdown"
}
