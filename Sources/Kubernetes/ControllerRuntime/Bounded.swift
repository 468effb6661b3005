import KubernetesClient
import Synchronization

extension TimeSource {
  /// The result of `body`, or nil where it has none within `limit`. It is cancelled then, or when the calling task is, but
  /// not waited for beyond the limit: work that does not heed cancellation goes on by itself.
  func result<Value: Sendable>(
    within limit: Duration, of body: @escaping @Sendable () async -> Value
  ) async -> Value? {
    let first = FirstValue<Value?>()
    let work = Task { first.set(await body()) }
    let timer = Task {
      if limit > .zero, (try? await sleep(limit)) == nil { return }
      first.set(nil)
    }
    let value = await withTaskCancellationHandler {
      await first.value
    } onCancel: {
      work.cancel()
    }
    timer.cancel()
    work.cancel()
    return value
  }
}

/// A value that is set once, or several times: the first one counts. One task may wait for it.
final class FirstValue<Value: Sendable>: Sendable {
  private enum State {
    case empty
    case awaited(CheckedContinuation<Value, Never>)
    case set(Value)
  }

  private let state = Mutex(State.empty)

  /// Returns false where there was one already.
  @discardableResult
  func set(_ value: Value) -> Bool {
    let (isFirst, continuation) = state.withLock { state -> (Bool, CheckedContinuation<Value, Never>?) in
      switch state {
      case .set: return (false, nil)
      case .empty:
        state = .set(value)
        return (true, nil)
      case .awaited(let continuation):
        state = .set(value)
        return (true, continuation)
      }
    }
    continuation?.resume(returning: value)
    return isFirst
  }

  var value: Value {
    get async {
      await withCheckedContinuation { continuation in
        let present: Value? = state.withLock { state in
          if case .set(let value) = state { return value }
          state = .awaited(continuation)
          return nil
        }
        if let present { continuation.resume(returning: present) }
      }
    }
  }
}
