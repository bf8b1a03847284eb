// Tests of ZeroMQ.
